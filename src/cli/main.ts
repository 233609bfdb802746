import { runProcess } from './process.ts'

await runProcess({ loadApi: () => import('../index.ts') })
