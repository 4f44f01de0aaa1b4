import { App } from 'aws-cdk-lib';
import { CHAIN } from './chain.contract.ts';
import { ChainStack } from './chain.stack.ts';

/** The CDK app of the chain benchmark; `CDK_OUTDIR` says where to. */
const app = new App();
new ChainStack(app, CHAIN.stack);
app.synth();
