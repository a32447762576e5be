\\ Prints the strong pseudoprimes to base 2 of the form p*(2p-1), p and 2p-1 prime, next to 2^62 and
\\ 2^63, below and above: gp -q edges.gp < /dev/null
strong(n) = my(s = valuation(n - 1, 2), x = Mod(2, n)^((n - 1) >> s)); if (x == 1, return (1)); for (i = 1, s, if (x == -1, return (1)); x = x^2); 0;
near(e, step) = my(p = sqrtint(e \ 2)); while ((p * (2 * p - 1) - e) * step <= 0 || !isprime(p) || !isprime(2 * p - 1) || !strong(p * (2 * p - 1)), p += step); p * (2 * p - 1);
foreach ([2^62, 2^63], e, print(near(e, -1), " ", near(e, 1)));
