//go:build race

package parfor

const raceEnabled = true
