import { startLocalAws } from '../../lib/local.ts';

// The embedded AWS in a process of its own, as far from its clients as a service is.
const local = await startLocalAws({ port: 0 });
process.once('disconnect', () => process.exit(0));
process.send?.({ endpoint: local.endpoint });
