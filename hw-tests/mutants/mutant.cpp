// Which mutant the netlist is to be: its `mutant` registers are set from here when the simulation begins.
#include <cstdlib>

extern "C" int bfq_mutant() {
  const char* number = std::getenv("BFQ_MUTANT");
  return number ? std::atoi(number) : 0;
}
