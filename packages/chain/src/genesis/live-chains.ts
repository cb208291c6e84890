/**
 * Block 0 of live chains. Each hash was computed from the state root of the genesis in the chain
 * specifications of `@substrate/connect-known-chains` 1.10.3.
 */
export const LIVE_CHAINS: ReadonlyMap<string, string> = new Map([
  ['0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3', 'Polkadot'],
  ['0x68d56f15f85d3136970ec16946040bc1752654e906147f7e43e9d539d7c3de2f', 'Asset Hub of Polkadot'],
  ['0xdcf691b5a3fbe24adc99ddc959c0561b973e329b1aef4c4b22e7bb2ddecb4464', 'Bridge Hub of Polkadot'],
  ['0x46ee89aa2eedd13e988962630ec9fb7565964cf5023bb351f2b6b25c1b68b0b2', 'Collectives of Polkadot'],
  ['0x67fa177a097bfa18f77ea95ab56e9bcdfeb0e5b8a40e46298bb93e16b6fc5008', 'People of Polkadot'],
  ['0xb0a8d493285c2df73290dfb7e61f870f17b41801197a149ca93654499ea3dafe', 'Kusama'],
  ['0x48239ef607d7928874027a43a67689209727dfb3d3dc5e5b03a39bdc2eda771a', 'Asset Hub of Kusama'],
  ['0x00dcb981df86429de8bbacf9803401f09485366c44efbf53af9ecfab03adc7e5', 'Bridge Hub of Kusama'],
  ['0xc1af4cb4eb3918e5db15086c0cc5ec17fb334f728b7c65dd44bfe1e174ff8b3f', 'People of Kusama'],
  ['0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e', 'Westend'],
  ['0x67f9723393ef76214df0118c34bbbd3dbebc8ed46a10973a8c969d48fe7598c9', 'Asset Hub of Westend'],
  ['0x0441383e31d1266a92b4cb2ddd4c2e3661ac476996db7e5844c52433b81fe782', 'Bridge Hub of Westend'],
  ['0x713daf193a6301583ff467be736da27ef0a72711b248927ba413f573d2b38e44', 'Collectives of Westend'],
  ['0x5d7159b59a1d4b12d4d4f9383a488169f399ae708a336cb0cc9aadaad44f35a8', 'People of Westend'],
  ['0x77afd6190f1554ad45fd0d31aee62aacc33c6db0ea801129acb813f913e0764f', 'Paseo'],
  ['0x6408de7737c59c238890533af25896a2c20608d8b380bb01029acb392781063e', 'Rococo'],
  ['0x6de3dc58adbc525bad4ae201a8660c5be8949e10308457b176510c72a413f3a3', 'Bridge Hub of Rococo'],
]);
