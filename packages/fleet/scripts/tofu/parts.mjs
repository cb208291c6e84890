// What rendered Terraform modules are tested with: OpenTofu, the newest provider of a cloud that can be had
// as a Go module, and a provider of ours that serves schemas from files. Pinned by `module/*/go.mod` and
// `module/*/go.sum`.

/** One program and the package it is built from.
 * @typedef {object} Part
 * @property {string} name folder under `module`
 * @property {string} program
 * @property {string} path of the package
 * @property {string} linkerFlags
 */

/** @type {readonly Part[]} */
export const PARTS = [
  {
    name: 'tofu',
    program: 'tofu',
    path: 'github.com/opentofu/opentofu/cmd/tofu',
    linkerFlags: '-s -w -X github.com/opentofu/opentofu/version.dev=no',
  },
  {
    // Of August 2020: later ones are no Go modules that can be fetched.
    name: 'google',
    program: 'terraform-provider-google',
    path: 'github.com/hashicorp/terraform-provider-google',
    linkerFlags: '-s -w -X github.com/hashicorp/terraform-provider-google/version.ProviderVersion=3.36.0',
  },
  { name: 'provider', program: 'provider', path: '.', linkerFlags: '-s -w' },
];
