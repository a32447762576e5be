package parfor

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A helper that woke on a processor of another participant leaves it, and keeps its affinity.
func TestWokenHelperLeavesTheCallersCore(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var allowed, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	if allowed.Count() < 2 || !mayMove() {
		t.Skip("one processor, or a filter of system calls")
	}
	var cpus []int32
	for c := range 1024 {
		if allowed.IsSet(c) {
			cpus = append(cpus, int32(c))
		}
	}
	place := func(c int32) {
		var one unix.CPUSet
		one.Set(int(c))
		if unix.SchedSetaffinity(0, &one) != nil || unix.SchedSetaffinity(0, &allowed) != nil {
			t.Fatal("the affinity cannot be set")
		}
	}
	team := newTeam()
	for index := range 2 {
		h := &helper{team: team, index: int32(index)}
		h.at.Store(-1)
		team.helpers = append(team.helpers, h)
	}
	h, other := team.helpers[0], team.helpers[1]
	check := func(what string, on int32) {
		place(on)
		h.spread()
		if err := unix.SchedGetaffinity(0, &after); err != nil || after != allowed {
			t.Fatalf("%s: the affinity is %v, was %v (%v)", what, after, allowed, err)
		}
	}
	for range 20 {
		team.at.Store(cpus[0])
		check("on the caller's processor", cpus[0])
		if h.at.Load() == cpus[0] {
			t.Fatal("it stays on the caller's processor")
		}
		team.at.Store(-1)
		other.at.Store(cpus[1])
		check("on another helper's processor", cpus[1])
		if h.at.Load() == cpus[1] {
			t.Fatal("it stays on another helper's processor")
		}
		other.at.Store(-1)
	}
	team.at.Store(cpus[0]) // no processor is left: it stays and ends
	for _, c := range cpus[1:] {
		team.helpers = append(team.helpers, &helper{team: team})
		team.helpers[len(team.helpers)-1].at.Store(c)
	}
	check("where none is free", cpus[0])
}
