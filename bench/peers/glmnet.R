# The R peer of the linear and cv suites: glmnet. A worker that stays up and times itself, in
# the protocol of protocol.go; tasks and answers are those of linear.py.

send <- function(message) {
  cat(jsonlite::toJSON(message, auto_unbox = TRUE, digits = 17), "\n", sep = "")
  flush(stdout())
}

# read_npy reads a float64 array of at most two dimensions in Fortran order.
read_npy <- function(path) {
  f <- file(path, "rb")
  on.exit(close(f))
  readBin(f, "raw", 8)
  size <- readBin(f, "integer", size = 2, signed = FALSE, endian = "little")
  header <- rawToChar(readBin(f, "raw", size))
  shape <- regmatches(header, regexpr("\\([0-9, ]*\\)", header))
  shape <- as.integer(regmatches(shape, gregexpr("[0-9]+", shape))[[1]])
  values <- readBin(f, "double", prod(shape), endian = "little")
  if (length(shape) == 2) dim(values) <- shape
  values
}

write_npy <- function(path, values) {
  header <- sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }", length(values))
  header <- paste0(header, strrep(" ", 117 - nchar(header)), "\n")
  f <- file(path, "wb")
  on.exit(close(f))
  writeBin(as.raw(c(0x93, utf8ToInt("NUMPY"), 1, 0)), f)
  writeBin(nchar(header), f, size = 2, endian = "little")
  writeBin(charToRaw(header), f)
  writeBin(as.double(values), f, endian = "little")
}

kept <- new.env()
input <- function(path) {
  if (is.null(kept[[path]])) kept[[path]] <- read_npy(path)
  kept[[path]]
}

# path fits a path; the answer is the coefficients and the intercept of each alpha.
path <- function(x, y, alphas, r) {
  p <- r$params
  fit <- glmnet::glmnet(x, y,
    lambda = alphas, alpha = p$l1_ratio, standardize = FALSE,
    intercept = p$intercept != 0, thresh = p$tol, maxit = 1e8
  )
  if (length(fit$lambda) != length(alphas)) stop("the path ended early")
  rbind(as.matrix(fit$beta), fit$a0 * (p$intercept != 0))
}

# cv does cross-validation on contiguous folds, one cv.glmnet for each l1_ratio.
cv <- function(x, y, alphas, r) {
  p <- r$params
  ratios <- input(r$inputs$l1_ratios)
  n <- nrow(x)
  sizes <- rep(n %/% p$folds, p$folds) + (seq_len(p$folds) <= n %% p$folds)
  grid <- matrix(alphas, ncol = length(ratios))
  means <- sapply(seq_along(ratios), function(l) {
    fit <- glmnet::cv.glmnet(x, y,
      lambda = grid[, l], alpha = ratios[l], foldid = rep(seq_len(p$folds), sizes),
      standardize = FALSE, intercept = p$intercept != 0, thresh = p$tol, maxit = 1e8
    )
    if (length(fit$lambda) != nrow(grid)) stop("the path ended early")
    fit$cvm
  })
  best <- which.min(means)
  c(alphas, means, alphas[best], ratios[(best - 1) %/% nrow(grid) + 1])
}

# design is X: dense, or sparse by columns.
design <- function(inputs) {
  if (!is.null(inputs$x)) return(input(inputs$x))
  kept_as <- paste(inputs$x_data, "as a matrix")
  if (is.null(kept[[kept_as]])) {
    ends <- read_npy(inputs$x_indptr)
    kept[[kept_as]] <- Matrix::sparseMatrix(
      i = read_npy(inputs$x_indices), p = ends, x = read_npy(inputs$x_data), index1 = FALSE,
      dims = c(length(input(inputs$y)), length(ends) - 1)
    )
  }
  kept[[kept_as]]
}

serve <- function(r) {
  x <- design(r$inputs)
  y <- input(r$inputs$y)
  alphas <- input(r$inputs$alphas)
  task <- list(path = path, cv = cv)[[r$task]]
  used <- sum(proc.time()[1:2])
  start <- Sys.time()
  for (i in seq_len(r$inner)) result <- task(x, y, alphas, r)
  seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
  used <- sum(proc.time()[1:2]) - used
  write_npy(r$answer, result)
  list(seconds = seconds, cpu = used, info = setNames(list(), character(0)))
}

ready <- tryCatch(
  {
    suppressPackageStartupMessages(library(glmnet))
    loadNamespace("jsonlite")
    glmnet.control(fdev = 0, devmax = 1)
    NULL
  },
  error = function(e) conditionMessage(e)
)
if (!is.null(ready)) {
  cat(sprintf("{\"error\": %s}\n", encodeString(gsub("\n", " ", ready), quote = "\"")))
  quit(status = 0)
}
send(list(hello = list(versions = list(R = as.character(getRversion()), glmnet = as.character(packageVersion("glmnet"))))))
requests <- file("stdin", "r")
while (length(line <- readLines(requests, n = 1)) > 0) {
  send(tryCatch(serve(jsonlite::fromJSON(line)), error = function(e) list(error = conditionMessage(e))))
}
