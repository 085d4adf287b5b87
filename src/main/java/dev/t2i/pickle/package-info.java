/** What Python's pickles and PyTorch's checkpoints hold, read without executing anything of them. */
package dev.t2i.pickle;
