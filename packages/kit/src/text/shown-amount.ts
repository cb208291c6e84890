/** An amount of planck in tokens, exact, with its symbol: `4999.5 DOT`. */
export function shownAmount(
  planck: bigint,
  network: { readonly decimals: number; readonly symbol: string },
): string {
  const digits = planck.toString().padStart(network.decimals + 1, '0');
  const cut = digits.length - network.decimals;
  const rest = digits.slice(cut).replace(/0+$/, '');
  return `${digits.slice(0, cut)}${rest === '' ? '' : `.${rest}`} ${network.symbol}`;
}
