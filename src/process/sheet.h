/*
 * A sheet: text too long for a message, handed over as a sealed memfd, so the
 * reader can map or read it without the writer changing it meanwhile.
 */
#ifndef GAOL_PROCESS_SHEET_H
#define GAOL_PROCESS_SHEET_H

#include "base/buf.h"
#include "base/span.h"

#define SHEET_MAX (256u << 20)

/* Descriptor of a sealed memfd with the text, or -1 (errno). */
int sheet_new(struct span text);
/*
 * The whole text, appended to out; fd stays open. -1: EPERM not sealed (the
 * sender could still change it), EFBIG, or what read gave.
 */
int sheet_read(int fd, struct buf *out);
/* The same, with a bound of the reader's own. */
int sheet_read_most(int fd, size_t max, struct buf *out);

#endif
