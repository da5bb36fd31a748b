#pragma once

namespace bench {

class Bench;

/// What each does stands in all_cases(), and in the file of its name.
void submit_flat(Bench& bench);
void local_flat(Bench& bench);
void round_trip(Bench& bench);
void chain(Bench& bench);
void tree(Bench& bench);
void task_graph(Bench& bench);
void gather(Bench& bench);
void exchange(Bench& bench);
void broadcast(Bench& bench);
void remote_shape(Bench& bench);
void map(Bench& bench);
void imbalance(Bench& bench);
void idle(Bench& bench);
void startup(Bench& bench);
void memory(Bench& bench);

}  // namespace bench
