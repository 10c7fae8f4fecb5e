/* Between the files of the sandbox. */
#ifndef GAOL_PROCESS_SANDBOX_LOCAL_H
#define GAOL_PROCESS_SANDBOX_LOCAL_H

/* The Landlock ABI whose rights are used here; 0: this kernel has none. */
int sandbox_landlock_abi(void);

#endif
