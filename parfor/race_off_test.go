//go:build !race

package parfor

const raceEnabled = false
