\\ Writes divisors.txt with PARI 2.15: gp -q divisors.gp > divisors.txt
\\ Each line has a kind, a number and PARI's count of its divisors.
setrand(20);
put(kind, n) = if (n > 0 && n < 2^64, print(kind, " ", n, " ", numdiv(n)));
rp(b) = randomprime([2^(b-1), 2^b]);
top = [2^31.5\1, 2^32];

for (b = 8, 64, for (i = 1, 8, put("random", 2^(b-1) + random(2^(b-1)))));
for (i = 1, 20, put("prime", rp(64)); put("prime", rp(17 + random(47))));
for (i = 1, 20, put("square", rp(32)^2); put("square", rp(9 + random(23))^2));
for (i = 1, 20, put("cube", rp(21)^3); put("cube", rp(6 + random(15))^3));
for (i = 1, 20, put("power", rp(16)^4); put("power", rp(9)^7); put("power", rp(5)^12));
for (i = 1, 60, put("equal", randomprime(top) * randomprime(top)));
foreach ([16, 17, 20, 24, 26, 28, 30, 31], b, for (i = 1, 12, put("equal", rp(b) * rp(b))));
foreach ([8, 11, 16, 17, 20, 24, 28], b, for (i = 1, 12, put("unequal", rp(b) * rp(64 - b))));
foreach ([8, 11, 16, 17, 18, 19, 20, 21], b, for (i = 1, 12, put("three", rp(b) * rp(b) * rp(b))));
foreach ([17, 19, 20, 21], b, for (i = 1, 12, my(p = rp(b)); put("psquareq", p^2 * rp(63 - 2*b)); put("pqsquare", rp(64 - 2*b) * p^2)));
for (i = 1, 12, put("twins", nextprime(2^31.5\1 + random(2^30))^2 + 2));
for (i = 1, 12, my(p = rp(32)); put("neighbours", p * precprime(p - 1)));
for (i = 1, 40, my(n = 1, p); while ((p = prime(1 + random(30))) * n < 2^64, n *= p); put("smooth", n));
for (i = 1, 20, my(n = 1, p); while ((p = prime(1 + random(400))) * n < 2^64, n *= p); put("rough", n));
foreach ([16, 31, 32, 33, 47, 48, 49, 50, 51, 52, 53, 56, 63, 64], b, for (i = -6, 6, put("edge", 2^b + i)));
\\ where the bases of the primality test change, and the least strong pseudoprimes to them
{foreach ([2047, 1373653, 25326001, 3215031751, 4759123141, 2152302898747, 3474749660383, 341550071728321,
          3825123056546413051], n, for (i = -3, 3, put("bases", n + 2*i)));}
\\ the cut-offs of trial division, squared and cubed
{foreach ([227, 229, 1621, 1627, 65519, 65521, 65537, 65539, 65543, 65551, 65557], p, put("cut", p^2); put("cut", p^3);
         put("cut", p * nextprime(p + 1)); put("cut", p * precprime(p - 1)); put("cut", p * precprime(2^64 \ p));
         put("cut", p^2 * precprime(2^64 \ p^2)));}
\\ records: A002182
{foreach ([720720, 1081080, 14414400, 735134400, 3491888400, 963761198400, 897612484786617600, 18401055938125660800],
         n, put("record", n));}
\\ from the tests of FLINT
foreach ([13356777177440210791, 10023859281455311421], n, put("hard", n));
