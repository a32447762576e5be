package suite

import "golang.org/x/sys/unix"

// processClock reads the processor time of a process of this user, ended threads
// included, to the nanosecond: clock_getcpuclockid(3), by the kernel's own numbering
// (MAKE_PROCESS_CPUCLOCK with CPUCLOCK_SCHED, include/linux/posix-timers.h).
func processClock(pid int) (seconds float64, ok bool) {
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid)<<3|2, &t) != nil {
		return 0, false
	}
	return float64(t.Sec) + 1e-9*float64(t.Nsec), true
}
