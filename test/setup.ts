// Tests never touch a developer's cluster or tokens: every variable the product reads is blanked, and KUBECONFIG points nowhere.
import { SETTING_NAMES } from '../src/config.ts'

for (const name of SETTING_NAMES) delete process.env[name]
process.env.KUBECONFIG = '/dev/null'
