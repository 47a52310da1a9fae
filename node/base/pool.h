//  SPDX-License-Identifier: MPL-2.0
//  Blocks of one kind that are used again, by any thread.
//
//  For objects that are made and let go of hundreds of thousands of times a second:
//  what they are made of (locks, for instance) stays as it is in between.

#ifndef DAFFI_POOL_H
#define DAFFI_POOL_H

typedef struct daffi_pool daffi_pool_t;

//  Keeps up to `keep` blocks; what is given back beyond goes to `discard`, and so does
//  all of it in the end. Blocks are of malloc () and at least as large as a pointer,
//  which is written to their beginning while they wait.
daffi_pool_t *daffi_pool_new (unsigned keep, void (*discard) (void *block));

//  One that was given back, or NULL: make one. It is to be given back in either case.
void *daffi_pool_take (daffi_pool_t *self);
void daffi_pool_give (daffi_pool_t *self, void *block);

//  Nothing is taken any more. The pool ends with the last block that is given back.
void daffi_pool_close (daffi_pool_t *self);

#endif
