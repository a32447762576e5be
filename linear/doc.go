// Package linear fits linear models with sparse coefficients: the elastic net, with the
// Lasso (L1Ratio 1) and ridge regression (L1Ratio 0) as its ends.
//
// The objective is scikit-learn's and glmnet's, for n rows, coefficients w, an intercept
// b that is not penalised, and ρ = L1Ratio:
//
//	1/(2n) · ‖y − b − X·w‖²  +  Alpha·ρ·‖w‖₁  +  ½·Alpha·(1−ρ)·‖w‖²
//
// [Options] add weights of rows, factors of penalties, signs, and standardised columns. A
// [Path] fits many alphas, [MultiTaskElasticNet] many targets at once. Coordinate descent and
// second-order steps on the columns that matter (see [Algorithm]) go on until the duality gap
// certifies the result. Users of scikit-learn keep their Alpha, L1Ratio and Tol.
//
// NaN or Inf in the data, and parameters out of range, are errors that name argument
// and value and wrap [ErrNotFinite], [ErrRange], [ErrNoRows] or [ErrParameter]. Wrong
// lengths panic. A fit that did not converge is no error: it says so in
// [Fit.Converged] and [Fit.DualGap].
//
// The bits of a fit do not depend on the number of threads or the instruction set, but where a CPU
// has a tile unit [Refinement] takes large single fits, and ends elsewhere within the same gap.
package linear
