/*
 * English names of countries and territories by their code of two letters
 * (ISO 3166-1 alpha-2, from the public table of the time zone database).
 */
#ifndef GAOL_ACCESS_COUNTRY_H
#define GAOL_ACCESS_COUNTRY_H

/* NULL: no such code. The code is in capitals. */
const char *country_name(const char *code);

#endif
