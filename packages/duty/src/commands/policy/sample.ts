/** A small policy document, shown by `policy apply --help` and in the reference; a test applies it. */
export const SAMPLE_POLICY = `chain: "0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3"
key: "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
roster:
  - { name: alpha, rank: 0 }
  - { name: bravo, rank: 1 }
duties:
  babe: {}
  grandpa: {}
ceilings:
  slotMs: 6000
`;
