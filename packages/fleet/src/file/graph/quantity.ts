const GIB = 2 ** 30;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: GIB,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Bytes of a quantity of Kubernetes: `300Gi`; null if it is not a quantity of volumes. */
export function bytesOf(quantity: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)([kMGTP]|[KMGTP]i)?$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  return number === '' || factor === undefined ? null : Math.ceil(Number(number) * factor);
}

/** `300Gi` if it is whole, else bytes. */
export function quantityOf(bytes: number): string {
  return bytes % GIB === 0 ? `${bytes / GIB}Gi` : String(bytes);
}
