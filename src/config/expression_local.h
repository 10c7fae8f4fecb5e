/* The tree between the two halves of an expression: parsing and running. */
#ifndef GAOL_CONFIG_EXPRESSION_LOCAL_H
#define GAOL_CONFIG_EXPRESSION_LOCAL_H

#include <stddef.h>
#include <stdint.h>

#include "config/expression.h"

enum expression_op {
	EX_NUMBER, EX_NAME, EX_NEGATE, EX_NOT, EX_IF, EX_OR, EX_AND,
	EX_LESS, EX_LESS_EQUAL, EX_MORE, EX_MORE_EQUAL, EX_EQUAL, EX_UNEQUAL,
	EX_SHIFT_LEFT, EX_SHIFT_RIGHT, EX_ADD, EX_SUBTRACT, EX_MULTIPLY,
	EX_DIVIDE, EX_FLOOR_DIVIDE, EX_REMAINDER, EX_POWER,
	EX_FUNCTION,     /* of one value: `math` */
	EX_MIN, EX_MAX, EX_RANDOM, EX_UNIFORM, EX_RANDINT,
};

struct expression_node {
	enum expression_op op;
	double number;             /* EX_NUMBER */
	double (*math)(double);    /* EX_FUNCTION */
	uint16_t a, b, c;          /* numbers of nodes; EX_NAME: of the name */
};

struct expression {
	struct expression_node nodes[EXPRESSION_NODES_MAX];
	size_t n;
	uint16_t root;
};

#endif
