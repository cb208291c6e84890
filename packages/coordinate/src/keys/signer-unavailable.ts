/** The signer gives no signature now. A member that catches this error stays silent, and asks again later. */
export class SignerUnavailable extends Error {
  override readonly name = 'SignerUnavailable';
}
