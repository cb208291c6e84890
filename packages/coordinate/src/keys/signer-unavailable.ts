/** A signer that gives no signature now. A member that catches it stays silent, and asks again later. */
export class SignerUnavailable extends Error {
  override readonly name = 'SignerUnavailable';
}
