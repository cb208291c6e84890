/**
 * Bytes or a value that do not fit a type. Thrown and caught inside this package, which returns a
 * typed refusal.
 */
export class CodecFault extends Error {
  readonly code: 'undecodable' | 'trailing-bytes' | 'unfit';
  constructor(code: CodecFault['code'], message: string) {
    super(message);
    this.name = 'CodecFault';
    this.code = code;
  }
}

export function undecodable(text: string): CodecFault {
  return new CodecFault('undecodable', text);
}

/** A value that a person gave does not fit at this place. */
export function unfit(path: string, text: string): CodecFault {
  return new CodecFault('unfit', `${path === '' ? 'the value' : path} ${text}`);
}

/**
 * The result of `read`, or the refusal that it threw. Other errors are of the library or the engine, and mean
 * the same here.
 */
export function caught<Value>(read: () => Value): Value | CodecFault {
  try {
    return read();
  } catch (error) {
    return error instanceof CodecFault ? error : undecodable('the bytes cannot be read');
  }
}
