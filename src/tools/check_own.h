/* The files that gaol.conf names: can gaold use them? */
#ifndef GAOL_TOOLS_CHECK_OWN_H
#define GAOL_TOOLS_CHECK_OWN_H

#include "config/config.h"
#include "config/report.h"

/*
 * geoip's: are they there, where the engine may read, and of the right kind?
 * signins_file: may it be opened? Reported as errors, each with what is wrong
 * and what is accepted.
 */
void check_own(const struct config *c, struct report *report);

#endif
