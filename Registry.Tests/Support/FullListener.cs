using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Support;

/// <summary>A loopback port whose accept queue is full: clients wait as for a dead machine.</summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> waiting = [];

    public FullListener()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);

        // A connection that stays pending shows that the queue is full.
        Socket last;
        do
        {
            last = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(last);
            try
            {
                last.Connect(IPAddress.Loopback, Port);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                // It is in progress, or waits forever.
            }
        }
        while (last.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectWrite));
    }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    public void Dispose()
    {
        foreach (var one in waiting)
            one.Dispose();
        listener.Dispose();
    }
}
