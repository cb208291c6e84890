import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addCertificateCompare } from './compare.ts';
import { addCertificateExport, addCertificateShow } from './show.ts';
import { addCertificateVerify } from './verify.ts';

/** `coordinate certificate`: the signed agreement of a window, for members and for anyone else. */
export function addCoordinateCertificate(parent: Command, context: Context): void {
  const command = parent
    .command('certificate')
    .description('show, export, check and compare certificates of a group');
  withExamples(command, [
    'watchbill coordinate certificate export 42 --out certificate-42.json',
    'watchbill coordinate certificate verify certificate-42.json --group group.yaml',
  ]);
  addCertificateShow(command, context);
  addCertificateExport(command, context);
  addCertificateVerify(command, context);
  addCertificateCompare(command, context);
}
