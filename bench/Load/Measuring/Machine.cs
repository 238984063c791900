using System.Globalization;

namespace Registry.Bench.Load.Measuring;

/// <summary>The machine of a run.</summary>
internal static class Machine
{
    /// <summary>
    /// Returns the total time of all processors, and the part that a hypervisor gave to other machines, in clock ticks.
    /// </summary>
    public static (double All, double Stolen) Processors()
    {
        // user nice system idle iowait irq softirq steal: see proc_stat(5).
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(static ticks => double.Parse(ticks, CultureInfo.InvariantCulture)).ToList();
        return (ticks.Sum(), ticks[7]);
    }

    /// <summary>Describes the machine, the date, the commit and the options of the run, as Markdown.</summary>
    public static string Describe(Options options)
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(
            static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        var drive = new DriveInfo(options.Scratch);
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-')[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Measured on {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC at commit `{options.Commit}`: {Environment.ProcessorCount} cores ({model ?? "of an unknown model"}), {memory:0.#} GiB of memory,
            data on {drive.DriveFormat}; Linux {kernel}, .NET {Environment.Version}. Load average at the start: {load}.
            {options.Rounds} rounds of {options.Seconds} s for each side of a comparison{(options.Quick ? ", with little data: a smoke test" : "")}.

            """);
    }
}
