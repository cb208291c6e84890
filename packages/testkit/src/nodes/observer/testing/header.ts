import type { RawHeader } from '@watchbill/chain';

/** Block 64 of a development chain of one validator, as `chain_getHeader` gave it for the hash beside it. */
export const FIXTURE_HEADER: { readonly hash: string; readonly slot: number; readonly raw: RawHeader } = {
  hash: '0x6741f1202ef7432b7074fd96f709055e3e8a79de08a12c8127159632915842c1',
  slot: 1_795_179_531,
  raw: {
    parentHash: '0x88f5cedce5c1baeb1073462b27865101353b4dcf8a1cc0457767164a584a34b3',
    number: '0x40',
    stateRoot: '0x3994a0370ecf4d8971e0858edbf3cc8299179d575370611e2e43f96dd15c2bf4',
    extrinsicsRoot: '0xb4af50c56ddb0334abfce55aa092fa4011bea0c6b793df980a335ba89cc30e73',
    digest: {
      logs: [
        '0x0642414245b50103000000000b44006b000000004483fa1344de824bf2dc0bcea388ded946773069f10059ca6452c172cbbcb54b694739d60a7f21cb4045cef3b9708a4ca4a71dc01dd8cd6f083c48b003aef30998e460256c92a4eb058154123ef8a6f5406cd1366033351d3df5cd1bb18beb0f',
        '0x05424142450101f22692932f00ef7db221c9bda390b1cc26dc1a880a77a6ab423fd9067b823c350512b98b6ffc03d9cc088c11a3fc25b7aad853e9f32809870e857612d6925582',
      ],
    },
  },
};
