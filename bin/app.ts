import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { GITHUB_STACK } from '../lib/app/github/github.contract.ts';
import { GithubStack } from '../lib/app/github/github.stack.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new GithubStack(app, GITHUB_STACK, { description: 'GitHub webhooks through an outbox to exactly-once consumers' });
app.synth();
