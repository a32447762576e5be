package csrc

import "math"

// The reference of the tile unit's products of bfloat16. Slots are columns, in panels of 16; rows
// come in steps of 32. A tile of 512 numbers holds a panel's 32 rows, slot by slot in a and, in b,
// pair of rows by pair of rows: what Intel's TDPBF16PS takes on its left and on its right.

// HalfTile is how many numbers a tile has.
const HalfTile = 512

// half rounds v to bfloat16, to the nearest, to even between two.
func half(v float32) uint16 {
	u := math.Float32bits(v)
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// whole is what the unit makes of h: numbers too small to be normal are zeros.
func whole(h uint16) float32 { return flush(math.Float32frombits(uint32(h) << 16)) }

// flush makes numbers too small to be normal zeros.
func flush(v float32) float32 {
	if math.Abs(float64(v)) < 0x1p-126 {
		return float32(math.Copysign(0, float64(v)))
	}
	return v
}

func halfPackGo[T Float](p0, p1, m, lo int, cols []int32, x []T, stride int, mean, scale, root []float64, nk int, a, b []uint16) {
	for q := p0; q < p1; q++ {
		for s := range nk {
			for c := range 16 {
				for r := range 32 {
					v, at, row := 0.0, 16*q+c, 32*s+r
					if at < len(cols) && row < m {
						j := int(cols[at])
						v = (float64(x[j*stride+lo+row]) - mean[j]) * scale[j]
						if root != nil {
							v *= root[lo+row]
						}
					}
					h, tile := half(float32(v)), (q*nk+s)*HalfTile
					a[tile+32*c+r], b[tile+32*(r/2)+2*c+r%2] = h, h
				}
			}
		}
	}
}

// halfGramGo follows the operation of TDPBF16PS in Intel's Software Developer's Manual: within a
// step, one chain of fused multiply-adds over the even rows of the pairs and one over the odd, from
// 0, whose sum is added to what is there; all to the nearest, with numbers too small to be normal
// taken for and made zeros. (Products of bfloat16 are exact in float32, and a float64 holds the sum
// of two float32 well enough that rounding it once more changes nothing.)
func halfGramGo(i0, i1, j0, j1, nk int, a, b []uint16, g []float32, ld int, add bool) {
	for j := 32 * j0; j < 32*j1; j++ {
		for i := max(32*i0, j&^31); i < 32*i1; i++ {
			sum := float32(0)
			if add {
				sum = g[i*ld+j]
			}
			for s := range nk {
				left, right := a[(i/16*nk+s)*HalfTile+32*(i%16):], b[(j/16*nk+s)*HalfTile+2*(j%16):]
				var chain [2]float32
				for r := range 32 {
					product := float64(whole(left[r])) * float64(whole(right[32*(r/2)+r%2]))
					chain[r%2] = flush(float32(float64(chain[r%2]) + product))
				}
				sum = flush(flush(sum) + flush(chain[0]+chain[1]))
			}
			g[i*ld+j] = sum
		}
	}
}

func halfMirrorGo(j0, j1, nb int, gram []float32, ld int) {
	for j := 32 * j0; j < 32*j1; j++ {
		for i := j&^31 + 32; i < 32*nb; i++ {
			gram[j*ld+i] = gram[i*ld+j]
		}
	}
}

// halfDescendGo is activeDescendGo over all slots, on a matrix of floats.
func halfDescendGo(gram []float32, ld int, l1, l2 []float64, positive bool, w, g []float64) (fall float64) {
	for j := range w {
		col := gram[j*ld:][:len(w)]
		q, old := float64(col[j]), w[j]
		den := q + l2[j]
		w[j] = soft(g[j]+float64(q*old), l1[j], den, positive)
		step := w[j] - old
		if step == 0 {
			continue
		}
		fall += float64(float64(0.5*float64(den*step)) * step)
		for i, v := range col {
			g[i] -= float64(step * float64(v))
		}
	}
	return fall
}
