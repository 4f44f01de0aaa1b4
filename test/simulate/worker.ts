import { parentPort, workerData } from 'node:worker_threads';
import { runShare, type Share } from './share.ts';

// A thread of `npm run simulate`.
await runShare(workerData as Share, (progress) => parentPort?.postMessage(progress));
