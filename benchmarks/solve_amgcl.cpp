// AMGCL's hierarchies, with conjugate gradients, on a matrix from a folder, in a process of its own.
//
//     solve_amgcl FOLDER METHOD TOLERANCE
//
// Built by peers.py where AMGCL's headers and a C++17 compiler are found. Without OpenMP: one thread.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <malloc.h>

#include <amgcl/adapter/crs_tuple.hpp>
#include <amgcl/amg.hpp>
#include <amgcl/backend/builtin.hpp>
#include <amgcl/coarsening/ruge_stuben.hpp>
#include <amgcl/coarsening/smoothed_aggregation.hpp>
#include <amgcl/make_solver.hpp>
#include <amgcl/relaxation/gauss_seidel.hpp>
#include <amgcl/relaxation/spai0.hpp>
#include <amgcl/solver/cg.hpp>

namespace {

// Array of a .npy file (format version 1, little-endian, one axis), converted to T.
template <class Stored, class T = Stored>
std::vector<T> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot read " + path);
    const auto length = static_cast<std::size_t>(file.tellg());
    file.seekg(8);
    std::uint16_t header = 0;
    file.read(reinterpret_cast<char*>(&header), 2);
    const std::size_t begin = 10u + header;
    std::vector<Stored> values((length - begin) / sizeof(Stored));
    file.seekg(static_cast<std::streamoff>(begin));
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(length - begin));
    return std::vector<T>(values.begin(), values.end());
}

void save(const std::string& path, const std::vector<double>& values) {
    std::string header =
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",), }";
    while ((10 + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    const auto length = static_cast<std::uint16_t>(header.size());
    std::ofstream file(path, std::ios::binary);
    file.write("\x93NUMPY\x01\x00", 8);
    file.write(reinterpret_cast<const char*>(&length), 2);
    file << header;
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(double)));
}

long kibibytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line))
        if (line.rfind(key + ":", 0) == 0) return std::strtol(line.c_str() + key.size() + 1, nullptr, 10);
    return -1;
}

double wall() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

double processor() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Problem {
    std::string folder;
    double tolerance;
    std::vector<std::ptrdiff_t> rows, columns;
    std::vector<double> values, right;
};

template <class Preconditioner>
void run(const Problem& problem) {
    using Solver = amgcl::make_solver<Preconditioner, amgcl::solver::cg<amgcl::backend::builtin<double>>>;
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(problem.right.size());
    const auto matrix = std::tie(size, problem.rows, problem.columns, problem.values);
    typename Solver::params settings;
    settings.solver.tol = problem.tolerance;
    settings.solver.maxiter = 1000;
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5" << std::flush;
    const long loaded = kibibytes("VmRSS");
    const double begin = wall(), began = processor();
    Solver solve(matrix, settings);
    const double made = wall(), set = processor();
    std::vector<double> potential(problem.right.size(), 0.0);
    std::size_t iterations = 0;
    double residual = 0;
    std::tie(iterations, residual) = solve(matrix, problem.right, potential);
    const double end = wall(), ended = processor();
    const long peak = kibibytes("VmHWM");
    save(problem.folder + "/potential.npy", potential);
    std::printf(
        "{\"setup\": %.6f, \"solve\": %.6f, \"setup_cpu\": %.6f, \"solve_cpu\": %.6f, "
        "\"iterations\": %zu, \"memory\": %ld, \"process\": %ld}\n",
        made - begin, end - made, set - began, ended - set, iterations, 1024 * (peak - loaded), 1024 * peak);
}

template <class Value, template <class> class Coarsening, template <class> class Relaxation>
using Hierarchy = amgcl::amg<amgcl::backend::builtin<Value>, Coarsening, Relaxation>;

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::cerr << "usage: solve_amgcl FOLDER METHOD TOLERANCE\n";
        return 2;
    }
    const std::string folder = words[1], method = words[2];
    const Problem problem{folder,
                          std::strtod(words[3], nullptr),
                          load<std::int32_t, std::ptrdiff_t>(folder + "/indptr.npy"),
                          load<std::int32_t, std::ptrdiff_t>(folder + "/indices.npy"),
                          load<double>(folder + "/data.npy"),
                          load<double>(folder + "/right.npy")};
    namespace coarsening = amgcl::coarsening;
    namespace relaxation = amgcl::relaxation;
    if (method == "amgcl-sa-spai0")
        run<Hierarchy<double, coarsening::smoothed_aggregation, relaxation::spai0>>(problem);
    else if (method == "amgcl-rs-spai0")
        run<Hierarchy<double, coarsening::ruge_stuben, relaxation::spai0>>(problem);
    else if (method == "amgcl-sa-gs-float32")
        run<Hierarchy<float, coarsening::smoothed_aggregation, relaxation::gauss_seidel>>(problem);
    else {
        std::cerr << "unknown method " << method << "\n";
        return 2;
    }
    return 0;
}
