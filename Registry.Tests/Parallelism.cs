using NUnit.Framework;

// [NonParallelizable] is for tests that measure the memory of this process, and for clusters of registries that keep
// all processors busy by themselves.
[assembly: Parallelizable(ParallelScope.Fixtures)]
