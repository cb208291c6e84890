/**
 * Polynomials over the integers modulo 2^64, lowest coefficient first.
 * A product is one multiplication of two long integers that hold the coefficients side by side, with room
 * between them.
 */
export type Polynomial = readonly bigint[];

export const WORD_MASK = (1n << 64n) - 1n;

/**
 * Hex digits for one coefficient of a product: 64 + 64 bits, and 16 bits for sums of up to 65,536 of them.
 */
const SLOT_DIGITS = 36;

/** x^degree = x^middle + 1 holds in the ring. */
export interface Trinomial {
  readonly degree: number;
  readonly middle: number;
}

/**
 * All coefficients of a product, not reduced by any polynomial. Each operand holds at most 65,536
 * coefficients.
 */
export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  const product = packed(a) * packed(b);
  const length = a.length + b.length - 1;
  const text = product.toString(16).padStart(length * SLOT_DIGITS, '0');
  return Array.from({ length }, (_, i) => {
    const end = text.length - i * SLOT_DIGITS;
    return BigInt(`0x${text.slice(end - SLOT_DIGITS, end)}`) & WORD_MASK;
  });
}

/** x^exponent in the ring of a trinomial. */
export function powerOfX(exponent: bigint, ring: Trinomial): Polynomial {
  let power: Polynomial = [1n];
  for (const bit of exponent.toString(2)) {
    const square = multiply(power, power);
    power = reduce(bit === '1' ? [0n, ...square] : square, ring);
  }
  return power;
}

function packed(polynomial: Polynomial): bigint {
  const digits = polynomial.map((coefficient) => coefficient.toString(16).padStart(SLOT_DIGITS, '0'));
  return BigInt(`0x${digits.reverse().join('')}`);
}

function reduce(polynomial: Polynomial, { degree, middle }: Trinomial): Polynomial {
  const rest = [...polynomial];
  for (let i = rest.length - 1; i >= degree; i--) {
    const coefficient = rest[i] ?? 0n;
    for (const target of [i - degree, i - degree + middle]) {
      rest[target] = ((rest[target] ?? 0n) + coefficient) & WORD_MASK;
    }
  }
  return rest.slice(0, degree);
}
