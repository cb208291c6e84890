import { type DestinationStream, type Logger, pino } from 'pino';

export interface LoggerOptions {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Destination of the lines; standard output by default. */
  readonly destination?: DestinationStream;
}

const HIDDEN = '[hidden]';

const SECRET_FIELDS = ['authorization', 'secret', 'token', 'password', 'cookie'];

/**
 * The logger of the service. Three nets keep secrets out: code never logs addresses or headers, fields with
 * secret names are replaced, and every finished line is searched for text that looks like a secret.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: null,
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]),
      censor: HIDDEN,
    },
    hooks: { streamWrite: hideSecrets },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** Replace bearer credentials and the secret segment of base URLs anywhere in a text. */
export function hideSecrets(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)(\s+|%20|\\t)[^\s"'\\,]+/gi, `$1 ${HIDDEN}`)
    .replace(/((?:\/|%2f)original(?:\/|%2f)+)(?!authorize_fix_order)[^/\s"'\\?#]+/gi, `$1${HIDDEN}`);
}
