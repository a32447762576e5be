package table

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// checkNumber compares number with strconv.ParseFloat on a text that is a whole cell.
func checkNumber(t *testing.T, text string) {
	t.Helper()
	b := append([]byte(text), ",12345678"...)
	v, end, c := number(b, 0)
	want, err := strconv.ParseFloat(text, 64)
	plain := strings.Trim(text, "+-0123456789.eE") == ""
	if numeric := plain && (err == nil || math.IsInf(want, 0)); numeric != (c != 0 && end == len(text)) {
		t.Errorf("%q: class %d, end %d; strconv says %v, %v", text, c, end, want, err)
	} else if numeric && math.Float64bits(v) != math.Float64bits(want) {
		t.Errorf("%q: %v (%#x), strconv says %v (%#x)", text, v, math.Float64bits(v), want, math.Float64bits(want))
	}
	if _, err := strconv.ParseInt(text[:end], 10, 64); c == classBig && err != nil || c == classWhole && math.Abs(v) > exact {
		t.Errorf("%q: class %d", text, c)
	}
}

func TestNumber(t *testing.T) {
	for _, text := range []string{
		"", "-", "+", ".", "-.", "e", "e5", ".e5", "1e", "1e+", "1e-", "-e", "1.e5", ".5", "5.", "+.5e-3", "-0", "0", "-0.0",
		"00", "007", "1.2.3", "--1", "+-1", "1-", "12345678", "123456789", "1234567812345678", "0.1234567", "0.12345678",
		"9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808",
		"-9223372036854775807", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
		"1e22", "1e23", "123e22", "9007199254740993e-1", "1e400", "-1e400", "1e-400", "1e308", "1.7976931348623157e308",
		"1.7976931348623158e308", "1.7976931348623159e308", "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324", "2e-324", "4.9406564584124654e-324",
		"1e99999999999999999999", "1e-99999999999999999999", "0e99999999999", "0.000000000000000000000000000000000001",
		"8.98846567431158e307", "1e-323", "0x10", "1_000", "inf", "Inf", "nan", "Infinity", "1,5", "1 ", " 1",
		"3.1415926535897932384626433832795028841971", "123456789012345678901234567890", "1" + strings.Repeat("0", 400),
		"0." + strings.Repeat("0", 400) + "1", "1.00000000000000011102230246251565", "1.00000000000000011102230246251566",
		"4503599627370496.5", "4503599627370497.5", "9007199254740993.0", "45035996273704965e-1", "1152921504606846976e3",
	} {
		checkNumber(t, text)
	}
}

// TestNumberRandom: every form of random bits.
func TestNumberRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v := math.Float64frombits(r.Uint64())
		if v-v != 0 {
			continue
		}
		checkNumber(t, strconv.FormatFloat(v, 'g', -1, 64))
		checkNumber(t, strconv.FormatFloat(v, 'e', r.IntN(20), 64))
		checkNumber(t, strconv.FormatFloat(r.NormFloat64(), 'f', r.IntN(20), 64))
		checkNumber(t, fmt.Sprintf("%de%d", r.Uint64(), r.IntN(700)-350))
	}
}

// TestNumberMiddle: numbers half way between two floats, and next to that.
func TestNumberMiddle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		m := r.Uint64()>>10 | 1 // 54 bits: the last is half a unit
		for _, e := range []int{0, -1, 3, -4, 7} {
			text := strconv.FormatUint(m, 10) + "e" + strconv.Itoa(e)
			checkNumber(t, text)
			checkNumber(t, strconv.FormatUint(m*5, 10)+"e-1")
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add("1.5e-3")
	f.Add("-0.1234567890123456789")
	f.Add("10000000000000000A")
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.ContainsAny(text, ",_") {
			checkNumber(t, text)
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, digits := range []int{2, 6, 17} {
		var text []byte
		var starts []int
		for range 1000 {
			starts = append(starts, len(text))
			text = append(strconv.AppendFloat(text, r.NormFloat64(), 'g', digits, 64), ',')
		}
		text = append(text, "12345678"...)
		b.Run(fmt.Sprintf("digits=%d", digits), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for _, s := range starts {
					number(text, s)
				}
			}
		})
		b.Run(fmt.Sprintf("digits=%d/strconv", digits), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for k, s := range starts {
					end := len(text) - 9
					if k+1 < len(starts) {
						end = starts[k+1] - 1
					}
					strconv.ParseFloat(string(text[s:end]), 64)
				}
			}
		})
	}
}
