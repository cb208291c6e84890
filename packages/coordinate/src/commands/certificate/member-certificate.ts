import { fault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { CertificateFile, Runtime } from '../../index.ts';
import {
  type MemberFlags,
  type MemberPlace,
  placeOf,
  recorded,
  request,
  unreachable,
} from '../member-place.ts';

/**
 * The certificate of a window as a member keeps it: a running one answers, else its state folder. Throws a
 * fault.
 */
export async function memberCertificate(
  io: Io,
  runtime: Runtime,
  window: bigint,
  flags: MemberFlags,
): Promise<CertificateFile> {
  const place = placeOf(io, flags);
  const answer = await request(place.url, `/certificates/${window}`);
  if (answer === null) return recordedCertificate(runtime, window, place);
  if (answer.status === 404) throw notKept(window, place.url);
  const read = answer.status === 200 ? runtime.readCertificateText(answer.text) : null;
  if (read?.ok !== true)
    throw unreachable(place.url, new Error(read?.why ?? `it answered with status ${answer.status}`));
  return read;
}

async function recordedCertificate(
  runtime: Runtime,
  window: bigint,
  place: MemberPlace,
): Promise<CertificateFile> {
  const { bytes, group } = await recorded(place, (reader) => ({
    bytes: reader.certificate(window),
    group: reader.owner.group ?? '',
  }));
  const certificate = bytes === null ? null : runtime.decodeCertificate(bytes);
  if (certificate === null) throw notKept(window, place.document?.value.stateDir ?? place.url);
  return { groupId: Uint8Array.from(Buffer.from(group.slice(2), 'hex')), certificate };
}

function notKept(window: bigint, where: string): Error {
  return fault('certificate', 'denied', {
    what: `this member keeps no certificate of window ${window}`,
    where,
    remedy:
      'see `watchbill coordinate windows`: the window agreed on noop or on no action, or its records are older than keepWindows; another member may keep it',
  });
}
