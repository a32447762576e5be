package table

// Numbers from text, the exact float64 that is nearest. Eight digits are taken at a time from
// one word of 64 bits; a mantissa below 2⁵³ and a power of ten up to 22 are both exact in
// float64, so that their product or quotient is rounded once (Clinger 1990); up to 19 digits
// go through 128 bits of the power of five (Lemire, "Number Parsing at a Gigabyte per
// Second", 2021), the rest to strconv. It takes a fifth of the time of strconv.ParseFloat.

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"sync/atomic"
)

// class says what a cell holds; those of a column are or'ed.
type class uint8

const (
	classWhole class = 1 << iota // a whole number up to 2⁵³ in size
	classBig                     // a larger one that int64 holds
	classFloat                   // any other number
	classBool
	classText
)

// wordPad is how many bytes there must be behind the last cell, since words are read whole.
const wordPad = 8

const (
	exact       = 1 << 53 // whole numbers up to it are exact in float64,
	exactDigits = 16      // as are those of fewer digits than this
	maxDigits   = 19      // so many always fit into 64 bits
)

var powers10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

var powers10Int = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

// number reads the decimal number at b[i:], which wordPad bytes follow at least: an optional
// sign, digits with an optional point, an optional exponent. It returns where the number ends
// and its class, 0 where there is none.
//
// The first eight bytes behind the sign, without the point, are one word: all there is of a
// short number.
func number(b []byte, i int) (v float64, end int, c class) {
	start, signed := i, 0
	if b[i] == '-' {
		signed = 1 // no branch: signs are hard to predict
	}
	i += signed
	if b[i] == '+' && signed == 0 {
		i++
	}
	first := i
	w := binary.LittleEndian.Uint64(b[i:]) ^ zeros
	n := leading(w)
	var m uint64
	count, exp := n, 0
	c = classWhole
	switch {
	case n == 8:
		m, i = digits(b, i+8, eightDigits(w))
		count = i - first
		if b[i] == '.' {
			point := i + 1
			m, i = digits(b, point, m)
			exp = point - i
			count -= exp
			c = classFloat
		}
	case b[i+n] == '.':
		below := uint64(1)<<uint(8*n) - 1
		w = w&below | w>>8&^below | 0xFF<<56 // without the point
		count = leading(w)
		m, exp, c = eightDigits(w<<uint(64-8*count)), n-count, classFloat
		if i += count + 1; count == 7 {
			next := i
			m, i = digits(b, next, m)
			exp -= i - next
			count += i - next
		}
	default:
		m = eightDigits(w << uint(64-8*n))
		i += n
	}
	if count == 0 {
		return 0, start, 0
	}
	if b[i]|0x20 == 'e' {
		e, after := exponent(b, i+1)
		if after == 0 {
			return 0, start, 0
		}
		exp += e
		i = after
		c = classFloat
	}
	switch { // by the number of digits, which is easier to predict than m
	case count > maxDigits:
		v, _ = strconv.ParseFloat(string(b[first:i]), 64) // its error is of ±Inf, which it returns
		if c == classWhole {
			c = classFloat
		}
	case count < exactDigits && exp == 0:
		v = float64(m)
	case count < exactDigits && exp < 0 && exp >= -22:
		v = float64(m) / powers10[-exp]
	case count < exactDigits && exp > 0 && exp <= 22:
		v = float64(m) * powers10[exp]
	default:
		var ok bool
		if v, ok = lemire(m, exp); !ok {
			v, _ = strconv.ParseFloat(string(b[first:i]), 64)
		}
		if c == classWhole && m > exact {
			c = classBig
			if m > math.MaxInt64 {
				c = classFloat
			}
		}
	}
	if b[start] == '-' {
		v = -v
	}
	return v, i, c
}

const zeros = 0x3030303030303030 // "00000000"

// leading returns how many bytes of w, from the lowest, are below 10.
func leading(w uint64) int {
	// The lowest byte of 10 or more is found right; a carry spoils only those above it.
	return bits.TrailingZeros64((w|(w+0x7676767676767676))&0x8080808080808080) / 8
}

// digits appends the digits at b[i:] to m, modulo 2⁶⁴, and returns where they end.
func digits(b []byte, i int, m uint64) (uint64, int) {
	for {
		w := binary.LittleEndian.Uint64(b[i:]) ^ zeros
		n := leading(w)
		if n < 8 {
			return m*powers10Int[n] + eightDigits(w<<uint(64-8*n)), i + n
		}
		m = m*1e8 + eightDigits(w)
		i += 8
	}
}

// eightDigits is the number whose digits are the bytes of w, the lowest byte the first.
func eightDigits(w uint64) uint64 {
	w = w*10 + w>>8
	return ((w&0x000000FF000000FF)*(100+1000000<<32) + (w>>16&0x000000FF000000FF)*(1+10000<<32)) >> 32
}

// exponent reads the exponent at b[i:] and returns where it ends, 0 where there is none.
func exponent(b []byte, i int) (e, end int) {
	negative := b[i] == '-'
	if negative || b[i] == '+' {
		i++
	}
	first := i
	for ; b[i]-'0' <= 9; i++ {
		e = min(e*10+int(b[i]-'0'), 1e6) // beyond all floats, with any number of digits
	}
	if i == first {
		return 0, 0
	}
	if negative {
		e = -e
	}
	return e, i
}

// lemire returns the float64 nearest to m·10^exp, or false where that is subnormal, too
// large, or not decided by 128 bits.
func lemire(m uint64, exp int) (float64, bool) {
	if m == 0 {
		return 0, true
	}
	if exp < leastPower || exp > greatestPower {
		return 0, false
	}
	power := powersOf5()[exp-leastPower]
	shift := bits.LeadingZeros64(m)
	m <<= uint(shift)
	hi, lo := bits.Mul64(m, power[0])
	if hi&0x1FF == 0x1FF { // the bits below the 55 that count may carry
		more, _ := bits.Mul64(m, power[1])
		var carry uint64
		lo, carry = bits.Add64(lo, more, 0)
		hi += carry
		if lo == math.MaxUint64 {
			return 0, false
		}
	}
	top := int(hi >> 63)
	mantissa := hi >> uint(top+9) // 54 bits
	binary := (217706*exp)>>16 + 63 + top - shift + 1023
	if binary <= 0 {
		return 0, false
	}
	// A product that is exactly in the middle goes to the even neighbour.
	if lo <= 1 && exp >= -4 && exp <= 23 && mantissa&3 == 1 && mantissa<<uint(top+9) == hi {
		mantissa &^= 1
	}
	mantissa = (mantissa + mantissa&1) >> 1
	if mantissa == 1<<53 {
		mantissa >>= 1
		binary++
	}
	if binary >= 0x7FF {
		return 0, false
	}
	return math.Float64frombits(mantissa&^(1<<52) | uint64(binary)<<52), true
}

const (
	leastPower    = -342
	greatestPower = 308
)

// power5 holds the first 128 bits of 5^leastPower … 5^greatestPower, the most significant word
// first; of the negative powers rounded up.
type power5 [greatestPower - leastPower + 1][2]uint64

var powers5 atomic.Pointer[power5]

// powersOf5 returns the table, which the first call makes: it takes a millisecond, which not
// every program that imports the package should pay.
func powersOf5() *power5 {
	if t := powers5.Load(); t != nil {
		return t
	}
	var table power5
	var p, word, mask big.Int
	mask.SetUint64(math.MaxUint64)
	for exp := leastPower; exp <= greatestPower; exp++ {
		p.Exp(big.NewInt(5), big.NewInt(int64(max(exp, -exp))), nil)
		if exp < 0 {
			one := new(big.Int).Lsh(big.NewInt(1), uint(p.BitLen()+127)) // 128 bits of quotient
			p.Add(one.Quo(one, &p), big.NewInt(1))
		}
		if n := p.BitLen(); n > 128 {
			p.Rsh(&p, uint(n-128))
		} else {
			p.Lsh(&p, uint(128-n))
		}
		table[exp-leastPower] = [2]uint64{word.Rsh(&p, 64).Uint64(), word.And(&p, &mask).Uint64()}
	}
	powers5.Store(&table)
	return &table
}
