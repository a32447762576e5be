package kernels

// What is worth a second thread, for all kernels.

import "github.com/nogil-go/nogil/parfor"

// serialSize is how many elements (256 KB) are too few to share.
const serialSize = 1 << 15

// columnGrain is how many columns of n rows are worth a second thread.
func columnGrain(n int) int { return serialSize/max(n, 1) + 1 }

// serial reports that l asks for one thread and nobody watches: then a kernel calls C
// itself, without a loop and its closure.
func serial(l parfor.Loop) bool { return l.Threads == 1 && l.Progress == nil && l.Trace == nil }

func ceilDiv(a, b int) int { return (a-1)/b + 1 }
