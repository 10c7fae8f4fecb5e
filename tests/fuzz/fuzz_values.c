/* Packed values of any bytes: refused, or packed again they are the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "action/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = { 0 };
	struct values v, copy;

	if (values_unpack(span_from(data, size), &v) != 0)
		return 0;
	values_copy(&copy, &v);
	values_pack(&copy, &again);
	/* Longer texts than the packer makes are cut by it. */
	if (again.n > size || (again.n == size &&
	    memcmp(again.p, data, size) != 0))
		abort();
	buf_fini(&again);
	values_fini(&copy);
	values_fini(&v);
	return 0;
}
