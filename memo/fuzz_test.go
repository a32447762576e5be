package memo

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Whatever stands in a result's file is read or refused.
func FuzzRead(f *testing.F) {
	good := result{f.TempDir(), map[string]string{}}
	if err := good.write(reflect.ValueOf(full())); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(good.dir, resultFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"Bool":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e everything
		(&result{good.dir, good.sums}).decode(text, reflect.ValueOf(&e).Elem())
		var rest struct {
			A []everything
			B *[2]float32
			C map[string]*inner
		}
		(&result{good.dir, good.sums}).decode(text, reflect.ValueOf(&rest).Elem())
	})
}
