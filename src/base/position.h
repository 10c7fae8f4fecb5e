/* Where reading of a log stopped: upstream's logs row. */
#ifndef GAOL_BASE_POSITION_H
#define GAOL_BASE_POSITION_H

#include <stdint.h>

#include "base/sha1.h"

struct tail_position {
	char hash[SHA1_HEX];   /* of the first line with newline; "" unknown */
	int64_t offset;        /* behind the last complete line */
};

#endif
