/** The address for messages: any part that might be a secret is left out. */
export function shownAddress(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/^([a-z]+:\/\/)?.*@/is, '$1…@');
}
