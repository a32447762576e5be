package parfor

// A woken helper leaves a core that another participant works on.
//
// Linux wakes a thread where it ran last or where its waker runs, and looks for an idle core
// only where the cores were not busy of late (SIS_UTIL in kernel/sched/fair.c). After a rest a
// helper therefore begins on its caller's core in half of the wakes or more, and both go at half speed
// until the balancer comes, 4 to 8 ms later. The helper can tell and move: 20 µs.

import (
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cpu is the processor that the calling thread runs on, or -1.
func cpu() int32 {
	var c uint32
	if _, _, err := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&c)), 0, 0); err != 0 {
		return -1
	}
	return int32(c)
}

// mayMove reports that no filter of system calls is there: some end a process that sets an
// affinity, as systemd's SystemCallFilter=~@resources does.
var mayMove = sync.OnceValue(func() bool {
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	return err == nil && mode == 0
})

// spread moves the thread of a helper that has a place off the processors that participants
// woke on or woke others from, if it is on one of them and may use one more. It leaves the
// thread's affinity as it was.
func (h *helper) spread() {
	at := cpu()
	h.at.Store(at)
	taken := h.team.others(h)
	if at < 0 || !taken.IsSet(int(at)) || !mayMove() {
		return
	}
	runtime.LockOSThread() // for the affinity to be put back on the same thread
	defer runtime.UnlockOSThread()
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return
	}
	free := allowed
	for i := range free {
		free[i] &^= taken[i]
	}
	if free.Count() == 0 || unix.SchedSetaffinity(0, &free) != nil {
		return
	}
	h.at.Store(cpu())
	widen(&allowed)
}

// widen gives the calling thread the processors allowed: as its cpuset, if that comes to the same, which
// leaves it those that the cpuset gains later.
func widen(allowed *unix.CPUSet) {
	var all, got unix.CPUSet
	all.Fill()
	if unix.SchedSetaffinity(0, &all) != nil || unix.SchedGetaffinity(0, &got) != nil || got != *allowed {
		_ = unix.SchedSetaffinity(0, allowed) // what it was before cannot be refused
	}
}

// others are the processors of all participants but h, as far as they are known.
func (t *team) others(h *helper) (set unix.CPUSet) {
	if c := t.at.Load(); c >= 0 {
		set.Set(int(c))
	}
	for _, other := range t.helpers {
		if c := other.at.Load(); other != h && c >= 0 {
			set.Set(int(c))
		}
	}
	return set
}
