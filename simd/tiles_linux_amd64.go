package simd

import "syscall"

// tilesAllowed asks the kernel for the state of the tiles, for all threads there are and will be:
// arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA), of Linux 5.16 (Documentation/arch/x86/xstate.rst).
// It refuses where a thread's stack for signals has no room for that state; Go's have 32 KB.
func tilesAllowed() bool {
	const request, tileData = 0x1023, 18
	_, _, err := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, request, tileData, 0)
	return err == 0
}
