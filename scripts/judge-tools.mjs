// Ends with 3 where a tool is too old. Arguments: the apt packages that a script is about to use; dist/ must be there.
import { formatProblem } from "../dist/problem.js";
import { askVersion, judgeVersion, tools } from "../dist/sim/tools.js";

const used = tools.filter((tool) => process.argv.includes(tool.package));
const judged = await Promise.all(used.map(async (tool) => judgeVersion(tool, (await askVersion(tool.version)) ?? "")));
const problems = judged.filter((problem) => problem !== undefined);
if (problems.length > 0) {
  process.stderr.write(`${problems.map((problem) => formatProblem(problem)).join("\n")}\n`);
  process.exitCode = 3;
}
