import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';

/** A large answer, compressed once; all readers share its bytes. */
export interface Document {
  readonly etag: string;
  readonly gzip: Uint8Array;
  /** Bytes before compression. */
  readonly size: number;
}

/** Compresses a text given in pieces, in the threads of zlib. Each piece is made when the last was taken. */
export async function documentOf(etag: string, pieces: Iterable<string>): Promise<Document> {
  let size = 0;
  const bytes = function* () {
    for (const piece of pieces) {
      const part = Buffer.from(piece);
      size += part.length;
      yield part;
    }
  };
  const gzip = await buffer(Readable.from(bytes()).pipe(createGzip({ level: 6 })));
  return { etag, gzip, size };
}

/** Whether `Accept-Encoding` allows gzip (RFC 9110, 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? '').split(',').some((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return name === 'gzip' && Number(weight) > 0;
  });
}
