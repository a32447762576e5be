//go:build !linux

package parfor

// Other systems place their threads themselves.

func cpu() int32 { return -1 }

func (h *helper) spread() {}
