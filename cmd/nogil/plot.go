package main

import (
	"path/filepath"
	"strings"

	"github.com/nogil-go/nogil/linear/linearplot"
)

// checkPlot refuses a name whose format is not known, before the work begins.
func checkPlot(name string) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg", ".png":
		return nil
	}
	if name == "" {
		return nil
	}
	return usagef("--plot %s: the name must end in .svg or .png", name)
}

// writePlot writes a figure in the format of its name.
func writePlot(name string, f *linearplot.Figure) error {
	if strings.EqualFold(filepath.Ext(name), ".png") {
		return writeFile(name, f.WritePNG)
	}
	return writeFile(name, f.WriteSVG)
}
